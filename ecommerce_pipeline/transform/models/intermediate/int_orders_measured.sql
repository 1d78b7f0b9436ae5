{#- Orders with what their lines, payments and parcels say of them. -#}
with lines as (
    select
        order_id,
        count(*) as line_count,
        {{ sum_money("quantity") }} as unit_count,
        {{ sum_money("line_amount") }} as lines_amount
    from {{ ref('stg_order_items') }}
    where not is_deleted
    group by order_id
),

payments as (
    -- What was taken in another currency than the order's is no part of its sums.
    select
        payments.order_id,
        count(*) as payment_count,
        cast(
            sum(case when {{ was_taken('payments.status') }} and payments.currency = orders.currency then payments.amount else 0 end)
            as {{ money_type() }}
        ) as captured_amount,
        cast(
            sum(case when {{ was_given_back('payments.status') }} and payments.currency = orders.currency then payments.amount else 0 end)
            as {{ money_type() }}
        ) as returned_amount,
        {{ count_if(was_taken('payments.status')) }} as captured_count,
        count(distinct case when {{ was_taken('payments.status') }} then payments.currency end) as payment_currency_count,
        min(case when {{ was_taken('payments.status') }} then payments.currency end) as payment_currency,
        min(payments.paid_at) as first_paid_at
    from {{ ref('stg_payments') }} as payments
    inner join {{ ref('stg_orders') }} as orders on orders.order_id = payments.order_id
    where not payments.is_deleted
    group by payments.order_id
),

deliveries as (
    select
        order_id,
        count(*) as delivery_count,
        min(shipped_at) as first_shipped_at,
        case when count(*) = count(delivered_at) then max(delivered_at) end as delivered_at,
        max(promised_at) as promised_at
    from {{ ref('stg_deliveries') }}
    where not is_deleted
    group by order_id
)

select
    orders.order_id,
    orders.customer_id,
    orders.status,
    orders.currency,
    orders.placed_at,
    cast(orders.placed_at as date) as order_date,
    {{ is_one_of('orders.status', var('cancelled_statuses')) }} as is_cancelled,
    {{ is_one_of('orders.status', var('delivered_statuses')) }} as is_reported_delivered,
    {{ is_one_of('orders.status', var('refunded_statuses')) }} as is_refunded,
    orders.subtotal_amount,
    orders.discount_amount,
    orders.tax_amount,
    orders.shipping_amount,
    orders.refunded_amount,
    orders.total_amount,
    coalesce(lines.line_count, 0) as line_count,
    coalesce(lines.unit_count, 0) as unit_count,
    coalesce(lines.lines_amount, 0) as lines_amount,
    coalesce(payments.payment_count, 0) as payment_count,
    coalesce(payments.captured_count, 0) as captured_payment_count,
    coalesce(payments.captured_amount, 0) as captured_amount,
    coalesce(payments.returned_amount, 0) as returned_amount,
    coalesce(payments.payment_currency_count, 0) as payment_currency_count,
    payments.payment_currency,
    payments.first_paid_at,
    coalesce(deliveries.delivery_count, 0) as delivery_count,
    deliveries.first_shipped_at,
    deliveries.delivered_at,
    deliveries.promised_at,
    orders.shipping_city,
    orders.shipping_country,
    orders.created_at,
    orders.updated_at
from {{ ref('stg_orders') }} as orders
left join lines on lines.order_id = orders.order_id
left join payments on payments.order_id = orders.order_id
left join deliveries on deliveries.order_id = orders.order_id
where not orders.is_deleted
