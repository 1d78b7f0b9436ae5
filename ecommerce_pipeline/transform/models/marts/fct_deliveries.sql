select
    deliveries.delivery_id,
    deliveries.order_id,
    orders.order_id is not null as is_order_known,
    orders.customer_id,
    deliveries.carrier,
    deliveries.tracking_number,
    deliveries.status,
    deliveries.shipped_at,
    deliveries.promised_at,
    deliveries.delivered_at,
    {{ due_at('orders.placed_at') }} as due_at,
    deliveries.delivered_at > {{ due_at('orders.placed_at') }} as is_delivered_late,
    {{ days_between('orders.placed_at', 'deliveries.delivered_at') }} as days_to_deliver,
    {{ days_between('deliveries.shipped_at', 'deliveries.delivered_at') }} as days_on_the_way,
    cast(coalesce(deliveries.created_at, deliveries.updated_at) as date) as delivery_date,
    deliveries.created_at,
    deliveries.updated_at
from {{ ref('stg_deliveries') }} as deliveries
left join {{ ref('fct_orders') }} as orders on orders.order_id = deliveries.order_id
where not deliveries.is_deleted
