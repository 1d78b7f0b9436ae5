{#- The orders whose total is not what their parts come to, and the likely reason. -#}
select
    order_id,
    order_date,
    currency,
    status,
    total_amount,
    computed_total_amount,
    difference_amount,
    case
        when line_count = 0 then 'no line is there'
        when subtotal_amount <> lines_amount then 'lines do not come to the subtotal'
        else 'amounts do not come to the total'
    end as reason
from {{ ref('order_ledger') }}
where not is_balanced
