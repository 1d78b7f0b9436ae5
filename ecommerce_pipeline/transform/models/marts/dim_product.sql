{#- Everything that was sold or is for sale: products that were rejected or are gone have a row too. -#}
with named as (
    select distinct product_id from {{ ref('fct_order_items') }} where product_id is not null
)

select
    coalesce(known.product_id, named.product_id) as product_id,
    known.product_id is not null as is_known,
    coalesce(known.is_deleted, false) as is_deleted,
    known.sku,
    known.product_name,
    known.category,
    known.price,
    known.currency,
    known.status,
    known.created_at,
    known.updated_at
from {{ ref('stg_products') }} as known
full outer join named on named.product_id = known.product_id
