select customer_id, status, country, updated_at from {{ ref('stg_customers') }} where not is_deleted
