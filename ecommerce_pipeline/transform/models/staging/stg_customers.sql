{% set raw = source('ecommerce', 'customers') %}
{% set columns = columns_of(raw) %}

select
    {{ as_text('id', columns) }} as customer_id,
    {{ as_text('email', columns) }} as email,
    {{ as_text('first_name', columns) }} as first_name,
    {{ as_text('last_name', columns) }} as last_name,
    {{ as_text('phone', columns) }} as phone,
    {{ as_text('status', columns) }} as status,
    {{ as_text('address__street', columns) }} as street,
    {{ as_text('address__city', columns) }} as city,
    {{ as_text('address__postal_code', columns) }} as postal_code,
    {{ as_text('address__country', columns) }} as country,
    {{ as_text('address__geo__lat', columns) }} as latitude,
    {{ as_text('address__geo__lng', columns) }} as longitude,
    {{ as_instant('created_at', columns) }} as created_at,
    {{ as_instant('updated_at', columns) }} as updated_at,
    {{ as_instant('_loaded_at', columns) }} as loaded_at,
    {{ as_instant('_deleted_at', columns) }} as deleted_at,
    {{ as_instant('_deleted_at', columns) }} is not null as is_deleted,
    {{ as_text('_dlt_id', columns) }} as row_id
from {{ newest(raw, columns) }} as customers
