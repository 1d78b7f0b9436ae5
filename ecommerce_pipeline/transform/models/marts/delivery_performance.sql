{{ config(materialized='view') }}

{#- A view, because a parcel that is under way becomes late by the clock alone. -#}
with deliveries as (
    select
        deliveries.*,
        {{ month_of('orders.placed_at') }} as order_month,
        deliveries.delivered_at is null and not orders.is_reported_delivered and {{ present() }} > deliveries.due_at
            as is_open_late
    from {{ ref('fct_deliveries') }} as deliveries
    inner join {{ ref('fct_orders') }} as orders on orders.order_id = deliveries.order_id
    where not orders.is_cancelled and not orders.is_refunded
)

select
    order_month,
    coalesce(carrier, 'unknown') as carrier,
    count(*) as delivery_count,
    count(delivered_at) as delivered_count,
    {{ count_if('is_delivered_late') }} as delivered_late_count,
    {{ count_if('is_open_late') }} as open_late_count,
    {{ share(count_if('is_delivered_late'), 'count(delivered_at)') }} as delivered_late_share,
    {{ share(count_if('is_delivered_late or is_open_late'), 'count(*)') }} as late_share,
    avg(days_to_deliver) as mean_days_to_deliver,
    max(days_to_deliver) as most_days_to_deliver
from deliveries
group by order_month, coalesce(carrier, 'unknown')
