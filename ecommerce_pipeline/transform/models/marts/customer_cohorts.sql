select
    cohort_month,
    currency,
    count(*) as customer_count,
    sum(case when is_repeat_customer then 1 else 0 end) as repeat_customer_count,
    {{ share('sum(case when is_repeat_customer then 1 else 0 end)', 'count(*)') }} as repeat_rate,
    sum(order_count) as order_count,
    {{ sum_money("revenue_amount") }} as revenue_amount,
    {{ mean_money('sum(revenue_amount)', 'count(*)') }} as lifetime_value
from {{ ref('customer_lifetime_value') }}
group by cohort_month, currency
