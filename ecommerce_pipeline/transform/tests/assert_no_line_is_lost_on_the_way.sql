-- Every line that the shop has is one row of the facts, with the amount that it has in the raw table.
select
    coalesce(items.order_item_id, facts.order_item_id) as order_item_id
from (select * from {{ ref('stg_order_items') }} where not is_deleted) as items
full outer join {{ ref('fct_order_items') }} as facts on facts.order_item_id = items.order_item_id
where items.order_item_id is null
    or facts.order_item_id is null
    or items.line_amount <> facts.line_amount
