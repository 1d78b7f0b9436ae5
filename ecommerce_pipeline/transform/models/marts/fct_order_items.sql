{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_item_id',
    cluster_by=['order_date'] if target.type == 'snowflake' else none,
    post_hook="{{ take_out_what_is_gone(ref('int_order_items_hashed'), 'order_item_id') }}",
) }}

with items as (select * from {{ ref('int_order_items_hashed') }})

{{ changed_rows('items', 'order_item_id') }}
