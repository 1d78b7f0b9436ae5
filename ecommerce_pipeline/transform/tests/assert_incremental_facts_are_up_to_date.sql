-- What is built incrementally is what a full build would give.
select 'fct_orders' as fact, expected.order_id as id
from {{ ref('int_orders_hashed') }} as expected
full outer join {{ ref('fct_orders') }} as built on built.order_id = expected.order_id
where built.row_hash is null or expected.row_hash is null or built.row_hash <> expected.row_hash
union all
select 'fct_order_items' as fact, expected.order_item_id as id
from {{ ref('int_order_items_hashed') }} as expected
full outer join {{ ref('fct_order_items') }} as built on built.order_item_id = expected.order_item_id
where built.row_hash is null or expected.row_hash is null or built.row_hash <> expected.row_hash
