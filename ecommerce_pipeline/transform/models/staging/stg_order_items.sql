{#- Lines have a list of their own at some shops and come inside their order at others: then the second table has them. -#}
{% set own = source('ecommerce', 'order_items') %}
{% set embedded = source('ecommerce', 'orders__order_items') %}
{% set lists = [own] %}
{% if execute and load_relation(embedded) is not none %}{% do lists.append(embedded) %}{% endif %}

{% for raw in lists %}
{% set columns = columns_of(raw) %}
select
    {{ as_text('id', columns) }} as order_item_id,
    {{ as_text('order_id', columns) }} as order_id,
    {{ as_text('product_id', columns) }} as product_id,
    {{ as_money('quantity', columns) }} as quantity,
    {{ as_money('unit_price', columns) }} as unit_price,
    coalesce({{ as_money('discount_amount', columns) }}, 0) as discount_amount,
    coalesce(
        {{ as_money('line_amount', columns) }},
        {{ product_of('quantity', 'unit_price') }} - coalesce({{ as_money('discount_amount', columns) }}, 0)
    ) as line_amount,
    {{ as_instant('created_at', columns) }} as created_at,
    {{ as_instant('updated_at', columns) }} as updated_at,
    {{ as_instant('_loaded_at', columns) }} as loaded_at,
    {{ as_instant('_deleted_at', columns) }} as deleted_at,
    {{ as_instant('_deleted_at', columns) }} is not null as is_deleted
from {{ newest(raw, columns) }} as lines
{{ 'union all' if not loop.last }}
{% endfor %}
