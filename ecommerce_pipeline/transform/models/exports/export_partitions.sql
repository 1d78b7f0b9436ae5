{#- Which days each exported table has, and a number for each that changes with any of its rows. -#}
{% set exported = {
    'fct_orders': 'order_date',
    'fct_order_items': 'order_date',
    'fct_payments': 'payment_date',
    'fct_deliveries': 'delivery_date',
    'dim_customer': 'cast(created_at as date)',
    'dim_product': 'cast(created_at as date)',
    'dim_date': 'month_start',
} %}

-- {{ ref('fct_orders') }} {{ ref('fct_order_items') }} {{ ref('fct_payments') }} {{ ref('fct_deliveries') }}
-- {{ ref('dim_customer') }} {{ ref('dim_product') }} {{ ref('dim_date') }}
{% for table, day in exported.items() %}
select
    '{{ table }}' as table_name,
    {{ day }} as partition_date,
    count(*) as row_count,
    cast(sum(cast({{ hash_number(row_hash(columns_of(ref(table)) or ['1'])) }} as numeric(38, 0))) as {{ dbt.type_string() }})
        as fingerprint
from {{ ref(table) }}
group by {{ day }}
{{ 'union all' if not loop.last }}
{% endfor %}
