-- An order is delayed only where its due time has passed before it arrived, or before the present.
select *
from {{ ref('delayed_orders') }}
where due_at < placed_at
    or (delay_kind = 'delivered late' and delivered_at <= due_at)
    or (delay_kind = 'still open' and (delivered_at is not null or days_late <= 0))
