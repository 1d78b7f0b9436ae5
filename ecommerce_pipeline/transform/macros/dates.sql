{% macro iso_weekday(date) %}{{ return(adapter.dispatch('iso_weekday')(date)) }}{% endmacro %}

{% macro default__iso_weekday(date) -%}
    cast(extract(isodow from {{ date }}) as bigint)
{%- endmacro %}

{% macro snowflake__iso_weekday(date) -%}
    cast(dayofweekiso({{ date }}) as bigint)
{%- endmacro %}

{% macro redshift__iso_weekday(date) -%}
    cast(case when extract(dow from {{ date }}) = 0 then 7 else extract(dow from {{ date }}) end as bigint)
{%- endmacro %}
