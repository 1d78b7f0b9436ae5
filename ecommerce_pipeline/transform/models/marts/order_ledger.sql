{#- lines - discount + tax + shipping - refunds = total, to the last digit that the shop sends. -#}
with computed as (
    select
        order_id, order_date, currency, status, is_cancelled, line_count, lines_amount, subtotal_amount, discount_amount,
        tax_amount, shipping_amount, refunded_amount, total_amount,
        cast(
            lines_amount - discount_amount + tax_amount + shipping_amount - refunded_amount as {{ money_type() }}
        ) as computed_total_amount
    from {{ ref('fct_orders') }}
)

select
    computed.*,
    cast(total_amount - computed_total_amount as {{ money_type() }}) as difference_amount,
    total_amount = computed_total_amount as is_balanced
from computed
