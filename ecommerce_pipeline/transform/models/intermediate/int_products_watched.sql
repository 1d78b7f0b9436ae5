select product_id, price, currency, status, updated_at from {{ ref('stg_products') }} where not is_deleted
