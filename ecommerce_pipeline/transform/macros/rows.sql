{% macro newest(relation, columns, key='id') -%}
    {#- One row for each key, the newest; tables that are merged have one anyway, files of a lake have all versions.
        A table that a shop has not has no rows. -#}
    {%- set known = columns if columns else ['updated_at', '_version'] -%}
    {%- set newest_first = ['updated_at', '_version', '_loaded_at', '_dlt_id'] | select('in', known) | list -%}
    {%- if columns == [] -%}
    (select 1 as nothing where 1 = 0)
    {%- else -%}
    (
        select *
        from (
            select
                raw_rows.*,
                row_number() over (partition by {{ key }} order by {{ newest_first | join(' desc, ') }} desc) as newest_is_1
            from {{ relation }} as raw_rows
        ) as numbered
        where newest_is_1 = 1
    )
    {%- endif -%}
{%- endmacro %}

{% macro is_one_of(column, statuses) -%}
    lower(trim({{ column }})) in ({% for status in statuses %}'{{ status }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro row_hash(columns) -%}
    {#- Tells whether a row is what it was. Each value goes with its length: what moves from one column into the next
        is another row, and null is no text. -#}
    {%- set text = dbt.type_string() -%}
    md5(
        {%- for column in columns %}
        coalesce(cast(length(cast({{ column }} as {{ text }})) as {{ text }}) || ':' || cast({{ column }} as {{ text }}), '~')
        {{- ' ||' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro changed_rows(relation, key) -%}
    {#- The rows of a relation; in an incremental build those alone that differ from what is built already. -#}
    select {{ relation }}.*
    from {{ relation }}
    {% if is_incremental() -%}
    left join (
        -- A key that stands twice, after two builds at once, differs too and is replaced by one row.
        select {{ key }}, case when count(*) = 1 then max(row_hash) end as row_hash from {{ this }} group by {{ key }}
    ) as built on built.{{ key }} = {{ relation }}.{{ key }}
    where built.row_hash is null or built.row_hash <> {{ relation }}.row_hash
    {%- endif %}
{%- endmacro %}

{% macro take_out_what_is_gone(relation, key) -%}
    {#- In an incremental build: rows that the relation has no more. -#}
    {%- if is_incremental() -%}
    delete from {{ this }} where not exists (
        select 1 from {{ relation }} as present_rows where present_rows.{{ key }} = {{ this }}.{{ key }}
    )
    {%- endif -%}
{%- endmacro %}

{% macro month_of(column) -%}
    cast({{ dbt.date_trunc('month', column) }} as date)
{%- endmacro %}

{% macro days_between(earlier, later) -%}
    {#- Days with their fraction. -#}
    cast({{ dbt.datediff(earlier, later, 'second') }} as double precision) / 86400
{%- endmacro %}

{% macro count_if(condition) -%}
    cast(sum(case when {{ condition }} then 1 else 0 end) as bigint)
{%- endmacro %}

{% macro share(part, whole) -%}
    {#- A part of a count, from 0 to 1; null where there is nothing. -#}
    cast({{ part }} as double precision) / nullif({{ whole }}, 0)
{%- endmacro %}

{% macro mean_money(total, count) -%}
    {#- Money divided by a count, to the cent of a cent. -#}
    cast(cast({{ total }} as numeric(28, 9)) / nullif({{ count }}, 0) as numeric(28, 4))
{%- endmacro %}

{% macro hash_number(text) %}{{ return(adapter.dispatch('hash_number')(text)) }}{% endmacro %}

{% macro default__hash_number(text) -%}
    {#- A prime below 2^40: sums over a day stay exact in whatever a warehouse adds up with. -#}
    mod(hash({{ text }}), 1099511627689)
{%- endmacro %}

{% macro postgres__hash_number(text) -%}
    hashtextextended({{ text }}, 0)
{%- endmacro %}

{% macro redshift__hash_number(text) -%}
    farmfingerprint64({{ text }})
{%- endmacro %}
