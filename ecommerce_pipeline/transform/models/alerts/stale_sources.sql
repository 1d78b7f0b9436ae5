{#- Resources that were not read for too long, or whose new rows stay away for longer than they usually do. -#}
with runs as (
    select * from {{ ref('stg_pipeline_runs') }} where state in ('loaded', 'nothing_new', 'unfinished')
),

arrivals as (
    select
        resource,
        finished_at,
        lag(finished_at) over (partition by resource order by finished_at) as before_at
    from runs
    where loaded > 0
),

usual as (
    select resource, max({{ days_between('before_at', 'finished_at') }}) * 24 as longest_gap_hours
    from arrivals
    group by resource
),

latest as (
    select
        resource,
        max(finished_at) as last_run_at,
        max(case when loaded > 0 then finished_at end) as last_new_row_at
    from runs
    group by resource
),

judged as (
    select
        latest.resource,
        latest.last_run_at,
        latest.last_new_row_at,
        usual.longest_gap_hours,
        {{ days_between('latest.last_run_at', present()) }} * 24 as hours_since_run,
        {{ days_between('latest.last_new_row_at', present()) }} * 24 as hours_since_new_row
    from latest
    left join usual on usual.resource = latest.resource
)

select
    judged.*,
    case when hours_since_run > {{ var('stale_after_hours') }} then 'no run went well' else 'no new rows' end as stale_kind
from judged
where hours_since_run > {{ var('stale_after_hours') }}
    or hours_since_new_row > greatest({{ var('stale_after_hours') }}, 2 * coalesce(longest_gap_hours, 0))
