import Contracts
import Foundation
import TronKit

@testable import OrderSvc

/// The table of states × inputs: as the program computes it, and as docs/orders.md prints it.
struct OrderTable: Equatable {
  struct Row: Equatable {
    let state: String
    let cells: [String]
  }
  let columns: [String]
  let rows: [Row]

  static let states: [OrderState?] = [nil] + OrderState.allCases

  /// One input of each kind.
  static let samples: [OrderInput] = [
    .placeValid, .placeRefused(.priceChanged), .cancel, .deadline, .fundsHeld, .fundsRefused(.insufficientBalance),
    .delegationSubmitted(txs: []), .delegationConfirmed(txs: [], startedAt: Date(timeIntervalSince1970: 1_800_000_000)),
    .delegationReverted, .delegationFailed(.poolEmpty, cost: Sun(1)),
    .delegationFinal(delivered: Energy(65_000), startedAt: Date(timeIntervalSince1970: 1_800_000_000)), .rentalEnded,
    .delegationReclaimed(txs: [], cost: Sun(1)),
  ]

  static func name(_ state: OrderState?) -> String { state?.rawValue ?? "–" }

  /// One text when it does not matter whether somebody asked tx-svc to stop; else one for each case.
  static func cell(_ state: OrderState?, _ kind: OrderInput.Kind) -> String {
    guard let input = samples.first(where: { $0.kind == kind }) else { return "no sample of \(kind.rawValue)" }
    let texts = Withdrawal.allCases.map { OrderTransitions.decide(state, on: input, withdrawal: $0).cell }
    if Set(texts).count == 1 { return texts[0] }
    if texts[1] == texts[2] { return "\(texts[0]); once asked to stop: \(texts[1])" }
    if texts[0] == texts[1] { return "\(texts[0]); cancelled by the customer: \(texts[2])" }
    return "\(texts[0]); stopped by a deadline: \(texts[1]); cancelled by the customer: \(texts[2])"
  }

  static var computed: OrderTable {
    OrderTable(
      columns: OrderInput.Kind.allCases.map(\.rawValue),
      rows: states.map { state in
        Row(state: name(state), cells: OrderInput.Kind.allCases.map { cell(state, $0) })
      })
  }

  var markdown: String {
    ([["state"] + columns, Array(repeating: "---", count: columns.count + 1)] + rows.map { [$0.state] + $0.cells })
      .map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }

  static func inDocs() throws -> OrderTable {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/orders.md"), encoding: .utf8)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
      line.dropFirst().dropLast().split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    guard let start = lines.firstIndex(where: { $0.first == "state" && $0.count == OrderInput.Kind.allCases.count + 1 })
    else { return OrderTable(columns: [], rows: []) }
    return OrderTable(
      columns: Array(lines[start].dropFirst()),
      rows: lines[(start + 2)...].prefix(states.count).map { Row(state: $0.first ?? "", cells: Array($0.dropFirst())) })
  }
}
