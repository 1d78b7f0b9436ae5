{% set raw = source('ecommerce', 'customers__addresses') %}
{% set columns = columns_of(raw) %}

select
    addresses.customer_address_id,
    customers.customer_id,
    addresses.position_in_list,
    addresses.kind,
    addresses.street,
    addresses.city,
    addresses.postal_code,
    addresses.country,
    customers.is_deleted
from (
    select
        {{ as_text('_dlt_id', columns) }} as customer_address_id,
        {{ as_text('_dlt_parent_id', columns) }} as parent_row_id,
        {{ as_count('_dlt_list_idx', columns) }} as position_in_list,
        {{ as_text('kind', columns) }} as kind,
        {{ as_text('street', columns) }} as street,
        {{ as_text('city', columns) }} as city,
        {{ as_text('postal_code', columns) }} as postal_code,
        {{ as_text('country', columns) }} as country
    from {{ newest(raw, columns, key='_dlt_id') }} as elements
) as addresses
inner join {{ ref('stg_customers') }} as customers on customers.row_id = addresses.parent_row_id
