{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_id',
    cluster_by=['order_date'] if target.type == 'snowflake' else none,
    post_hook="{{ take_out_what_is_gone(ref('int_orders_hashed'), 'order_id') }}",
) }}

with orders as (select * from {{ ref('int_orders_hashed') }})

{{ changed_rows('orders', 'order_id') }}
