select
    cohort_month,
    currency,
    count(*) as customer_count,
    {{ count_if('is_repeat_customer') }} as repeat_customer_count,
    {{ share(count_if('is_repeat_customer'), 'count(*)') }} as repeat_rate,
    cast(sum(order_count) as bigint) as order_count,
    {{ sum_money("revenue_amount") }} as revenue_amount,
    {{ mean_money('sum(revenue_amount)', 'count(*)') }} as lifetime_value
from {{ ref('customer_lifetime_value') }}
group by cohort_month, currency
