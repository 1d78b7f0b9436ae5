{#- Resources of whose last records more were rejected than the limit allows. -#}
with runs as (
    select
        resource, run_id, finished_at, loaded, rejected,
        row_number() over (partition by resource order by finished_at desc) as newest_is_1
    from {{ ref('stg_pipeline_runs') }}
    where loaded + rejected > 0 and state in ('loaded', 'unfinished', 'failed')
),

earlier as (
    select resource, {{ share('sum(rejected)', 'sum(loaded + rejected)') }} as usual_share
    from runs
    where newest_is_1 > 1
    group by resource
)

select
    runs.resource,
    runs.run_id,
    runs.finished_at,
    runs.loaded,
    runs.rejected,
    {{ share('runs.rejected', 'runs.loaded + runs.rejected') }} as rejected_share,
    earlier.usual_share,
    cast({{ var('rejected_share_limit') }} as double precision) as limit_share
from runs
left join earlier on earlier.resource = runs.resource
where runs.newest_is_1 = 1
    and runs.rejected >= {{ var('rejected_at_least') }}
    and {{ share('runs.rejected', 'runs.loaded + runs.rejected') }} > {{ var('rejected_share_limit') }}
