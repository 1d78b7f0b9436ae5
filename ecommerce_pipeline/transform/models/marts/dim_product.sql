{#- Everything that was sold or is for sale: products that were rejected or are gone have a row too. -#}
with known as (
    select
        product_id, true as is_known, is_deleted, sku, product_name, category, price, currency, status, created_at,
        updated_at
    from {{ ref('stg_products') }}
),

named as (
    select distinct product_id from {{ ref('fct_order_items') }} where product_id is not null
)

select
    coalesce(known.product_id, named.product_id) as product_id,
    coalesce(known.is_known, false) as is_known,
    coalesce(known.is_deleted, false) as is_deleted,
    known.sku,
    known.product_name,
    known.category,
    known.price,
    known.currency,
    known.status,
    known.created_at,
    known.updated_at
from known
full outer join named on named.product_id = known.product_id
