select
    payments.payment_id,
    payments.order_id,
    orders.order_id is not null as is_order_known,
    orders.customer_id,
    payments.payment_method,
    payments.status,
    {{ was_taken('payments.status') }} as is_captured,
    {{ was_given_back('payments.status') }} as is_returned,
    payments.amount,
    payments.currency,
    payments.paid_at,
    cast(coalesce(payments.paid_at, payments.created_at, payments.updated_at) as date) as payment_date,
    payments.created_at,
    payments.updated_at
from {{ ref('stg_payments') }} as payments
left join {{ ref('fct_orders') }} as orders on orders.order_id = payments.order_id
where not payments.is_deleted
