{#- Columns of raw tables as one type, whatever the shop has. A column that a shop has not, or that was declared personal
    and dropped, is null. -#}

{% macro columns_of(relation) %}
    {#- Names of a relation's columns, lower case; [] where it does not exist; none while dbt only parses. -#}
    {% if not execute %}{{ return(none) }}{% endif %}
    {% if load_relation(relation) is none %}{{ return([]) }}{% endif %}
    {% set names = [] %}
    {% for column in adapter.get_columns_in_relation(relation) %}{% do names.append(column.name | lower) %}{% endfor %}
    {{ return(names) }}
{% endmacro %}

{% macro column_as(name, type, columns) -%}
    cast({{ name if columns is none or name in columns else 'null' }} as {{ type }})
{%- endmacro %}

{% macro as_text(name, columns) -%}
    {{ column_as(name, dbt.type_string(), columns) }}
{%- endmacro %}

{% macro money_type() -%}
    {#- As wide as the raw column: no digit is lost, and never the bare `decimal`, which has no cents on Snowflake. -#}
    numeric(38, 9)
{%- endmacro %}

{% macro as_money(name, columns) -%}
    {{ column_as(name, money_type(), columns) }}
{%- endmacro %}

{% macro product_of(quantity, price) -%}
    {#- Two raw numbers multiplied, with all their decimals and up to ten digits before them: the product of two
        numeric(38, 9) would have more digits than any warehouse has. Null for what is greater. -#}
    case
        when abs({{ quantity }}) < 10000000000 and abs({{ price }}) < 10000000000
            then cast(cast({{ quantity }} as numeric(19, 9)) * cast({{ price }} as numeric(19, 9)) as {{ money_type() }})
    end
{%- endmacro %}

{% macro sum_money(column) -%}
    {#- A sum with the digits of its parts; by itself it is wider, and how wide differs from warehouse to warehouse. -#}
    cast(sum({{ column }}) as {{ money_type() }})
{%- endmacro %}

{% macro as_count(name, columns) -%}
    {{ column_as(name, 'bigint', columns) }}
{%- endmacro %}

{% macro as_seconds(name, columns) -%}
    {{ column_as(name, 'double precision', columns) }}
{%- endmacro %}

{% macro as_instant(name, columns) -%}
    {#- An instant with a zone as a UTC timestamp without one: days are the same whatever zone a session has. -#}
    {%- if columns is none or name in columns -%}
        {{ in_utc(name) }}
    {%- else -%}
        cast(null as {{ dbt.type_timestamp() }})
    {%- endif -%}
{%- endmacro %}

{% macro in_utc(expression) %}{{ return(adapter.dispatch('in_utc')(expression)) }}{% endmacro %}

{% macro default__in_utc(expression) -%}
    cast({{ expression }} at time zone 'UTC' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{% macro snowflake__in_utc(expression) -%}
    cast(convert_timezone('UTC', {{ expression }}) as timestamp_ntz)
{%- endmacro %}

{% macro present() -%}
    {#- The present as a UTC timestamp without zone, or what the variable `as_of` says. -#}
    {%- if var('as_of') -%}
        cast('{{ var('as_of') }}' as {{ dbt.type_timestamp() }})
    {%- else -%}
        {{ current_utc() }}
    {%- endif -%}
{%- endmacro %}

{% macro current_utc() %}{{ return(adapter.dispatch('current_utc')()) }}{% endmacro %}

{% macro default__current_utc() -%}
    {{ in_utc('current_timestamp') }}
{%- endmacro %}

{% macro redshift__current_utc() -%}
    {#- `current_timestamp` is answered by the leader node alone. -#}
    cast(getdate() as timestamp)
{%- endmacro %}
