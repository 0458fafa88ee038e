# One image for every part; the command chooses which: web, worker, migrate.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app/backend \
    COMPTOIR_ENV=production \
    COMPTOIR_HOST=0.0.0.0 \
    COMPTOIR_PORT=8700 \
    COMPTOIR_DATA=/var/lib/comptoir

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock

COPY backend ./backend
COPY pwa ./pwa
COPY LICENSE ./

# The app writes nowhere but here, and never runs as root.
RUN useradd --system --uid 10001 --home-dir /var/lib/comptoir --create-home comptoir \
    && python -m compileall -q backend
USER comptoir

EXPOSE 8700
ENTRYPOINT ["python", "-m", "comptoir.cli"]
CMD ["serve"]
