select
    order_date,
    currency,
    count(*) as order_count,
    cast(sum(unit_count) as {{ money_type() }}) as unit_count,
    cast(sum(lines_amount) as {{ money_type() }}) as lines_amount,
    cast(sum(discount_amount) as {{ money_type() }}) as discount_amount,
    cast(sum(tax_amount) as {{ money_type() }}) as tax_amount,
    cast(sum(shipping_amount) as {{ money_type() }}) as shipping_amount,
    cast(sum(refunded_amount) as {{ money_type() }}) as refunded_amount,
    cast(sum(total_amount) as {{ money_type() }}) as revenue_amount
from {{ ref('fct_orders') }}
where not is_cancelled
group by order_date, currency
