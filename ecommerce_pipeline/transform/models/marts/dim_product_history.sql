select
    product_id,
    price,
    currency,
    status,
    dbt_valid_from as valid_from,
    dbt_valid_to as valid_to,
    dbt_valid_to is null as is_current
from {{ ref('product_price') }}
