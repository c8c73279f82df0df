import BusKit
import Foundation
import TronKit

/// What the service says about its nodes.
enum NodeWatch {
  static func refresh(_ nodes: TronNodePool, _ metrics: MetricsRegistry, now: Date = Date()) {
    var entries: [String: Int] = [:]
    for node in nodes.snapshot() {
      // Of several entries of one host, each with a key of its own, each has its figures.
      entries[node.name, default: 0] += 1
      let place = entries[node.name] ?? 1
      let name = [("node", place == 1 ? node.name : "\(node.name)#\(place)")]
      for state in NodeState.allCases {
        metrics.gauge("energy_tx_node_state", labels: name + [("state", state.rawValue)])
          .set(node.state == state ? 1 : 0)
      }
      metrics.gauge("energy_tx_node_usable", labels: name).set(node.lags || node.isSuspended ? 0 : 1)
      metrics.gauge("energy_tx_node_failures", labels: name).set(Double(node.failures))
      metrics.gauge("energy_tx_node_lag_seconds", labels: name).set(node.lag / .seconds(1))
      if let head = node.head {
        let age = now.timeIntervalSince1970 - Double(head.timestamp) / 1000
        metrics.gauge("energy_tx_node_head_age_seconds", labels: name).set(age)
        metrics.gauge("energy_tx_node_head_block", labels: name).set(Double(head.number))
      }
      if let budget = node.budget {
        metrics.gauge("energy_tx_node_requests_left", labels: name).set(Double(budget.requests))
        if let day = budget.day { metrics.gauge("energy_tx_node_requests_left_today", labels: name).set(Double(day)) }
      }
      for (call, count) in node.calls {
        metrics.gauge(
          "energy_tx_node_calls", labels: name + [("call", call.name), ("outcome", call.outcome?.rawValue ?? "ok")]
        ).set(Double(count))
      }
    }
  }
}
