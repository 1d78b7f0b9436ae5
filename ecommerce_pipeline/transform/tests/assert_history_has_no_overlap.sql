-- At any instant a customer or product has at most one state, and each span begins before it ends.
with spans as (
    select 'customer' as kind, customer_id as id, valid_from, valid_to from {{ ref('dim_customer_history') }}
    union all
    select 'product' as kind, product_id as id, valid_from, valid_to from {{ ref('dim_product_history') }}
),

followed as (
    select spans.*, lead(valid_from) over (partition by kind, id order by valid_from) as next_from
    from spans
)

select *
from followed
where valid_to < valid_from or (next_from is not null and (valid_to is null or valid_to > next_from))
