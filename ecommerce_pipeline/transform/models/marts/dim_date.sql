{#- All days of the years in which anything happened. -#}
with years as (
    select distinct cast(extract(year from order_date) as bigint) as year_number from {{ ref('fct_orders') }}
    union
    select distinct cast(extract(year from payment_date) as bigint) from {{ ref('fct_payments') }}
    union
    select distinct cast(extract(year from delivery_date) as bigint) from {{ ref('fct_deliveries') }}
),

digits as (
    {% for digit in range(10) %}select {{ digit }} as digit{{ ' union all ' if not loop.last }}{% endfor %}
),

days as (
    select hundreds.digit * 100 + tens.digit * 10 + ones.digit as day_of_year
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    where hundreds.digit * 100 + tens.digit * 10 + ones.digit < 366
),

dates as (
    select
        years.year_number,
        cast({{ dbt.dateadd('day', 'days.day_of_year', "cast(cast(years.year_number as " ~ dbt.type_string() ~ ") || '-01-01' as date)") }} as date) as date_day
    from years
    cross join days
)

select
    date_day,
    year_number,
    cast(extract(quarter from date_day) as bigint) as quarter_number,
    cast(extract(month from date_day) as bigint) as month_number,
    {{ month_of('date_day') }} as month_start,
    cast({{ dbt.date_trunc('week', 'date_day') }} as date) as week_start,
    {{ iso_weekday('date_day') }} as weekday_number,
    {{ iso_weekday('date_day') }} >= 6 as is_weekend
from dates
where cast(extract(year from date_day) as bigint) = year_number
