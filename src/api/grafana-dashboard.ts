/** A dashboard for Grafana on the metrics of `/metrics`; the data source is chosen when it is imported. */
export function grafanaDashboard(): object {
  return {
    title: 'tlsfit: who still fits',
    uid: 'tlsfit-watch',
    schemaVersion: 39,
    version: 1,
    tags: ['tls', 'tlsfit'],
    timezone: 'utc',
    time: { from: 'now-30d', to: 'now' },
    refresh: '1m',
    editable: true,
    __inputs: [
      {
        name: 'DS_PROMETHEUS',
        label: 'Prometheus',
        type: 'datasource',
        pluginId: 'prometheus',
        pluginName: 'Prometheus',
      },
    ],
    templating: {
      list: [variable('endpoint', 'tlsfit_reached'), variable('fleet', 'tlsfit_fleet_devices')],
    },
    panels: [
      stat(1, 0, 'Blocked fleets × endpoints', 'count(tlsfit_fits == 0) or vector(0)', 'none'),
      stat(
        2,
        6,
        'Devices of blocked fleets',
        `sum(max by (fleet) (tlsfit_fleet_devices * on (fleet) group_left () (max by (fleet) (tlsfit_fits == bool 0)))) or vector(0)`,
        'none',
      ),
      stat(3, 12, 'Open critical alerts', 'max(tlsfit_open_alerts{severity="critical"})', 'none'),
      stat(4, 18, 'Least room left', 'min(tlsfit_margin_bytes)', 'bytes'),
      graph(
        5,
        0,
        5,
        'Chain',
        'tlsfit_chain_bytes{endpoint=~"$endpoint"}',
        '{{endpoint}} {{vantage}}',
        'bytes',
      ),
      graph(
        6,
        12,
        5,
        'Room left to each limit',
        'min by (endpoint, fleet, limit) (tlsfit_margin_bytes{endpoint=~"$endpoint",fleet=~"$fleet"})',
        '{{endpoint}} {{fleet}} {{limit}}',
        'bytes',
      ),
      graph(
        7,
        0,
        13,
        'Largest record',
        'tlsfit_record_max_bytes{endpoint=~"$endpoint"}',
        '{{endpoint}} {{of}}',
        'bytes',
      ),
      graph(
        8,
        12,
        13,
        'Days left',
        'min by (endpoint) (tlsfit_leaf_days{endpoint=~"$endpoint"})',
        '{{endpoint}} leaf',
        'd',
        {
          expr: 'min by (fleet, anchor) (tlsfit_anchor_days{fleet=~"$fleet"})',
          legendFormat: '{{fleet}} anchor {{anchor}}',
        },
      ),
      graph(
        9,
        0,
        21,
        'Probe duration',
        'tlsfit_probe_duration_seconds{endpoint=~"$endpoint"}',
        '{{endpoint}} {{vantage}}',
        's',
      ),
      graph(
        10,
        12,
        21,
        'Findings',
        'sum by (finding, effect) (tlsfit_finding{endpoint=~"$endpoint",fleet=~"$fleet"})',
        '{{finding}} {{effect}}',
        'none',
      ),
    ],
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own form of a placeholder
const datasource = { type: 'prometheus', uid: '${DS_PROMETHEUS}' }

function variable(name: string, metric: string): object {
  return {
    name,
    type: 'query',
    datasource,
    query: { query: `label_values(${metric}, ${name})`, refId: name },
    definition: `label_values(${metric}, ${name})`,
    refresh: 2,
    includeAll: true,
    multi: true,
    current: { text: 'All', value: '$__all' },
    sort: 1,
  }
}

interface Target {
  readonly expr: string
  readonly legendFormat: string
}

function targets(...list: readonly Target[]): object[] {
  return list.map((target, at) => ({ ...target, datasource, refId: String.fromCharCode(65 + at) }))
}

function stat(id: number, x: number, title: string, expr: string, unit: string): object {
  return {
    ...{ id, title, type: 'stat', datasource, gridPos: { x, y: 0, w: 6, h: 5 } },
    fieldConfig: { defaults: { unit }, overrides: [] },
    options: { reduceOptions: { calcs: ['lastNotNull'] } },
    targets: targets({ expr, legendFormat: title }),
  }
}

function graph(
  id: number,
  x: number,
  y: number,
  title: string,
  expr: string,
  legendFormat: string,
  unit: string,
  second?: Target,
): object {
  return {
    ...{ id, title, type: 'timeseries', datasource, gridPos: { x, y, w: 12, h: 8 } },
    fieldConfig: { defaults: { unit, custom: { lineInterpolation: 'stepAfter' } }, overrides: [] },
    targets: targets({ expr, legendFormat }, ...(second === undefined ? [] : [second])),
  }
}
