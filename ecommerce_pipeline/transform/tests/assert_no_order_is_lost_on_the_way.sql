-- Every order that the shop has is one row of the facts, with the total that it has in the raw table.
select
    coalesce(orders.order_id, facts.order_id) as order_id
from (select * from {{ ref('stg_orders') }} where not is_deleted) as orders
full outer join {{ ref('fct_orders') }} as facts on facts.order_id = orders.order_id
where orders.order_id is null
    or facts.order_id is null
    or orders.total_amount <> facts.total_amount
