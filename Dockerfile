# Unproved: built nowhere yet. From a checkout after `npm ci && npm run build`:
#   docker build -t tlsfit . && docker run -v ./gateway:/gateway -p 8443:8443 tlsfit
FROM node:22-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY dist ./dist
COPY devices ./devices
COPY endpoints ./endpoints
COPY evidence ./evidence
COPY roots ./roots
COPY docs/findings ./docs/findings
RUN mkdir /gateway && chown node:node /gateway
USER node
VOLUME /gateway
# Ports below 1024 need a capability; map them: -p 443:8443.
EXPOSE 8443 8883
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s CMD node -e "fetch('http://127.0.0.1:9464/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["gateway", "/gateway/gateway.yaml"]
