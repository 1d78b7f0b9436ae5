{#- Orders for which more or less money was taken than they come to. Refunds are in the total already; of a cancelled order
    nothing is owed, and what was given back counts as the order says it or as its payments do. -#}
with compared as (
    select
        order_id, order_date, currency, status, is_cancelled, total_amount, refunded_amount, captured_amount,
        captured_payment_count, payment_currency_count, payment_currency,
        cast(
            captured_amount - case
                when is_cancelled then greatest(refunded_amount, returned_amount)
                else refunded_amount + total_amount
            end
            as {{ money_type() }}
        ) as difference_amount
    from {{ ref('fct_orders') }}
),

judged as (
    select
        compared.*,
        case
            when captured_payment_count > 0 and (payment_currency_count > 1 or payment_currency <> currency)
                then 'another currency'
            when is_cancelled and difference_amount > 0 then 'cancelled and paid'
            when is_cancelled then null
            when captured_payment_count = 0 and total_amount > 0 then 'not paid'
            when difference_amount < 0 then 'paid too little'
            when difference_amount > 0 then 'paid too much'
        end as reason
    from compared
)

select order_id, order_date, currency, status, total_amount, refunded_amount, captured_amount, difference_amount, reason
from judged
where reason is not null
