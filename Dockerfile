# Unproved: no container engine was at hand. test/deploy/ holds its words against the package; nobody built it there.
# From a clean checkout:
#   docker build -t tlsfit .
#   docker run --rm tlsfit check https://example.com/ --device nrf9160@1.3.7
#   docker run -v ./gateway:/data -p 8443:8443 tlsfit gateway /data/gateway.yaml
# tlsfit watch with PostgreSQL: deploy/compose.yaml.
FROM node:22-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:22-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc README.md LICENSE ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY --from=build /src/dist ./dist
COPY devices ./devices
COPY endpoints ./endpoints
COPY evidence ./evidence
COPY migrations ./migrations
COPY roots ./roots
COPY docs/findings ./docs/findings
COPY examples ./examples
RUN ln -s /app/dist/cli/main.js /usr/local/bin/tlsfit && chmod +x dist/cli/main.js && mkdir /data && chown node:node /data
# By number, so that Kubernetes sees that it is not root: the user `node` of the image.
USER 1000:1000
WORKDIR /data
VOLUME /data
# Ports below 1024 need a capability: map them, as -p 443:8443.
EXPOSE 7330 8443 8883
STOPSIGNAL SIGTERM
ENTRYPOINT ["tlsfit"]
CMD ["--help"]
