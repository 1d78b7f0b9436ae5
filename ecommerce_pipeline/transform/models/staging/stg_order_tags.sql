{% set raw = source('ecommerce', 'orders__tags') %}
{% set columns = columns_of(raw) %}

select
    tags.order_tag_id,
    orders.order_id,
    tags.position_in_list,
    tags.tag,
    orders.is_deleted
from (
    select
        {{ as_text('_dlt_id', columns) }} as order_tag_id,
        {{ as_text('_dlt_parent_id', columns) }} as parent_row_id,
        {{ as_count('_dlt_list_idx', columns) }} as position_in_list,
        {{ as_text('value', columns) }} as tag
    from {{ newest(raw, columns, key='_dlt_id') }} as elements
) as tags
inner join {{ ref('stg_orders') }} as orders on orders.row_id = tags.parent_row_id
