{% macro was_taken(status) -%}
    {#- Whether a payment with this status has reached the shop, whatever became of it later. -#}
    {{ is_one_of(status, var('paid_statuses') + var('refunded_payment_statuses')) }}
{%- endmacro %}

{% macro was_given_back(status) -%}
    {{ is_one_of(status, var('refunded_payment_statuses')) }}
{%- endmacro %}

{% macro due_at(placed_at) -%}
    {#- Until when an order has to have arrived. -#}
    {{ dbt.dateadd('hour', (var('service_level_days') | float * 24) | round | int, placed_at) }}
{%- endmacro %}
