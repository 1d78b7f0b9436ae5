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
    where not orders.is_cancelled
)

select
    order_month,
    coalesce(carrier, 'unknown') as carrier,
    count(*) as delivery_count,
    count(delivered_at) as delivered_count,
    sum(case when is_delivered_late then 1 else 0 end) as delivered_late_count,
    sum(case when is_open_late then 1 else 0 end) as open_late_count,
    {{ share('sum(case when is_delivered_late then 1 else 0 end)', 'count(delivered_at)') }} as delivered_late_share,
    {{ share('sum(case when is_delivered_late or is_open_late then 1 else 0 end)', 'count(*)') }} as late_share,
    avg(days_to_deliver) as mean_days_to_deliver,
    max(days_to_deliver) as most_days_to_deliver
from deliveries
group by order_month, coalesce(carrier, 'unknown')
