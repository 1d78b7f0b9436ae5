# The pipeline, its models and checks. What is loaded and secrets stay outside: docs/containers.md
ARG BASE=python:3.13-slim
FROM ${BASE} AS packages
ARG WAREHOUSE=duckdb
ARG PIP="pip install --quiet --no-cache-dir --disable-pip-version-check --no-compile --require-hashes"
COPY requirements.lock requirements/dbt-*.lock /tmp/
RUN python3 -m venv /opt/venv && /opt/venv/bin/${PIP} -r /tmp/requirements.lock
# PostgreSQL and Snowflake have their dbt in an environment of its own, and PostgreSQL its driver beside the loader.
RUN if [ "${WAREHOUSE}" != duckdb ]; then \
        python3 -m venv "/opt/venv-dbt-${WAREHOUSE}" \
        && "/opt/venv-dbt-${WAREHOUSE}/bin/"${PIP} -r "/tmp/dbt-${WAREHOUSE}.lock"; \
    fi \
    && if [ "${WAREHOUSE}" = postgres ]; then \
        sed -n '/^psycopg2-binary==/,/[^\\]$/p' /tmp/dbt-postgres.lock > /tmp/driver.lock \
        && /opt/venv/bin/${PIP} -r /tmp/driver.lock; \
    fi

FROM ${BASE}
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    RUNTIME__DLTHUB_TELEMETRY=false \
    WORKSPACE__SETTINGS__LOCAL_DIR=/data \
    WORKSPACE__SETTINGS__WORKING_DIR=/data/.var
RUN useradd --uid 10001 --no-create-home shop \
    && mkdir -p /data /srv/shop \
    && ln -s /data /srv/shop/data \
    && chown shop /data
COPY --from=packages /opt /opt
WORKDIR /srv/shop
COPY pipelines.py ./
COPY .dlt/config.toml .dlt/.workspace .dlt/
COPY ecommerce_pipeline ecommerce_pipeline
USER shop
# Healthy: the settings are right. Whether the data is, the run's own exit code and `check` tell.
HEALTHCHECK --interval=5m --timeout=30s CMD python -c "from ecommerce_pipeline.settings import load_settings; \
    from ecommerce_pipeline.shop.profile_file import load_profile; \
    from ecommerce_pipeline.load.destination import open_destination; \
    load_profile(load_settings().shop); open_destination()" || exit 1
CMD ["python", "pipelines.py"]
