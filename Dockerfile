# Epode in a container:
#
#     docker build -t epode .
#     docker run -d --name epode -p 5222:5222 -p 5223:5223 \
#       -v epode-data:/epode/data -v ./epode.yaml:/epode/conf/epode.yaml:ro epode
#     docker exec -it epode bin/epode user add you@example.org
#
# `data: ../data` in the configuration is the volume.

FROM node:24-bookworm-slim AS build
WORKDIR /epode
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run --silent build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
WORKDIR /epode
ENV NODE_ENV=production EPODE_CONFIG=/epode/conf/epode.yaml
COPY --from=build /epode/package.json /epode/schema.sql /epode/LICENSE ./
COPY --from=build /epode/node_modules node_modules
COPY --from=build /epode/bin bin
COPY --from=build /epode/conf conf
COPY --from=build /epode/dist dist
RUN mkdir -m 700 data && chown node:node data
USER node
VOLUME /epode/data
EXPOSE 5222 5223
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s CMD ["bin/epode", "status"]
CMD ["bin/epode", "start"]
