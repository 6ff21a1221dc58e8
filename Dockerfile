# mlanimated with everything but a GPU:
#   docker build -t mlanimated .                       docker build --build-arg EXTRAS=games -t mlanimated .
#   docker run --rm -v "$PWD:/work" mlanimated film gradient-descent -o ball.mp4
#   docker run --rm -p 8017:8017 -v "$PWD:/work" mlanimated studio runs --host 0.0.0.0 --no-open
FROM python:3.12-slim AS build
RUN pip install --no-cache-dir build
COPY . /source
RUN python -m build --wheel --outdir /dist /source

FROM python:3.12-slim
ARG EXTRAS=atari,data,studio,walking
# Skia paints with these two, without any display.
RUN apt-get update && apt-get install -y --no-install-recommends libgl1 libegl1 && rm -rf /var/lib/apt/lists/*
COPY --from=build /dist /dist
COPY constraints.txt /dist/
# PyTorch for processors alone: a tenth of the size of the one for GPUs.
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -c /dist/constraints.txt "$(echo /dist/*.whl)[$EXTRAS]" \
  && mla doctor
RUN useradd --create-home reader && mkdir /work && chown reader /work
USER reader
WORKDIR /work
ENTRYPOINT ["mla"]
CMD ["--help"]
