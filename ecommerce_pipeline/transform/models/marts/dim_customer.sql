{#- Everybody whom a fact names: customers that were rejected or never came have a row too, with nothing but their key. -#}
with named as (
    select distinct customer_id from {{ ref('fct_orders') }} where customer_id is not null
),

orders as (
    select customer_id, min(order_date) as first_order_date, max(order_date) as last_order_date, count(*) as order_count
    from {{ ref('fct_orders') }}
    where not is_cancelled
    group by customer_id
)

select
    coalesce(known.customer_id, named.customer_id) as customer_id,
    known.customer_id is not null as is_known,
    coalesce(known.is_deleted, false) as is_deleted,
    known.email,
    known.first_name,
    known.last_name,
    known.status,
    known.city,
    known.country,
    orders.first_order_date,
    orders.last_order_date,
    coalesce(orders.order_count, 0) as order_count,
    known.created_at,
    known.updated_at
from {{ ref('stg_customers') }} as known
full outer join named on named.customer_id = known.customer_id
left join orders on orders.customer_id = coalesce(known.customer_id, named.customer_id)
