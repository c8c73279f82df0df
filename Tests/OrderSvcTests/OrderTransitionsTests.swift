import Contracts
import Foundation
import Testing
import TronKit

@testable import OrderSvc

@Suite("The life of an order")
struct OrderTransitionsTests {
  @Test("docs/orders.md prints the table that the program follows, cell by cell")
  func docsMatch() throws {
    let table = try OrderTable.inDocs()
    #expect(table.columns == OrderInput.Kind.allCases.map(\.rawValue))
    #expect(table.rows.map(\.state) == OrderTable.states.map(OrderTable.name))
    for (state, row) in zip(OrderTable.states, table.rows) {
      for (kind, printed) in zip(OrderInput.Kind.allCases, row.cells) {
        #expect(printed == OrderTable.cell(state, kind), "\(OrderTable.name(state)) × \(kind.rawValue)")
      }
    }
    if table != OrderTable.computed {
      Issue.record("docs/orders.md should hold this table:\n\(OrderTable.computed.markdown)")
    }
  }

  @Test("an order that has ended moves no more", arguments: OrderState.allCases.filter(\.isTerminal))
  func terminal(_ state: OrderState) {
    for input in OrderTable.samples {
      for withdrawal in Withdrawal.allCases {
        if case .move = OrderTransitions.decide(state, on: input, withdrawal: withdrawal) {
          Issue.record("\(state) moves on \(input.kind)")
        }
      }
    }
  }

  @Test("from the held money on, every way to an end without energy gives the money back")
  func moneyComesBack() {
    for state in OrderState.allCases {
      for input in OrderTable.samples {
        for withdrawal in Withdrawal.allCases {
          guard case .move(let next, let actions) = OrderTransitions.decide(state, on: input, withdrawal: withdrawal),
            next == .failed || next == .cancelled
          else { continue }
          #expect(actions.contains(.releaseHold), "\(state) × \(input.kind)")
          #expect(!actions.contains { if case .captureHold = $0 { true } else { false } })
        }
      }
    }
  }

  @Test("money is captured in one cell only: delivered, and solid")
  func captureOnce() {
    var cells: [String] = []
    for state in OrderTable.states {
      for input in OrderTable.samples {
        let decision = OrderTransitions.decide(state, on: input, withdrawal: .none)
        if case .move(_, let actions) = decision, actions.contains(where: { $0.name == "CaptureHold" }) {
          cells.append("\(OrderTable.name(state)) \(input.kind.rawValue)")
        }
      }
    }
    #expect(cells == ["delivered DelegationFinal"])
  }

  @Test("a deadline never ends an order whose energy may be on chain, and never moves its money")
  func deadlineIsHarmless() {
    for state in [OrderState.funded, .delegating, .cancelling, .delivered, .active, .ending] {
      for withdrawal in Withdrawal.allCases {
        let decision = OrderTransitions.decide(state, on: .deadline, withdrawal: withdrawal)
        switch decision {
        case .move(let next, let actions):
          #expect(next == .cancelling)
          #expect(!actions.contains(.releaseHold))
        case .keep(let actions):
          #expect(actions.contains(.incident) && actions.contains(.setDeadline))
          #expect(!actions.contains(.releaseHold))
        case .ignore: #expect(state == .active)
        case .later, .error: Issue.record("\(state): \(decision)")
        }
      }
    }
  }

  @Test("every state that waits for somebody has a deadline, and is entered with one")
  func deadlinesAreSet() {
    let lengths = OrderSettings.Deadlines()
    for state in OrderTable.states {
      for input in OrderTable.samples {
        guard case .move(let next, let actions) = OrderTransitions.decide(state, on: input, withdrawal: .none),
          next != state
        else { continue }
        #expect(actions.contains(.setDeadline) == (lengths.length(in: next) != nil), "\(input.kind) → \(next)")
      }
    }
  }

  @Test("what a failed delivery has burned is booked when the order ends, and once", arguments: OrderState.allCases)
  func costOfFailure(_ state: OrderState) {
    for withdrawal in Withdrawal.allCases {
      let failed = OrderInput.delegationFailed(.chainRefused, cost: Sun(345_000))
      let decision = OrderTransitions.decide(state, on: failed, withdrawal: withdrawal)
      switch state {
      case .funded, .delegating, .cancelling, .delivered:
        guard case .move(let end, let actions) = decision else {
          Issue.record("\(state): \(decision)")
          continue
        }
        #expect(end.isTerminal && actions.count { $0 == .bookCost(Sun(345_000)) } == 1)
      case .failed, .cancelled: #expect(decision == .ignore(.repeated))
      case .placed, .active, .ending, .completed, .rejected:
        guard case .error = decision else {
          Issue.record("\(state): \(decision)")
          continue
        }
      }
    }
  }

  @Test("who asked to stop decides how a failed delegation ends", arguments: [
    (Withdrawal.none, OrderFailure.poolEmpty, OrderState.failed, OrderFailure.poolEmpty),
    (.byDeadline, .poolEmpty, .failed, .poolEmpty),
    (.byDeadline, .cancelledByCustomer, .failed, .deadline),
    (.byCustomer, .poolEmpty, .cancelled, .cancelledByCustomer),
  ])
  func whoStopped(_ withdrawal: Withdrawal, _ reason: OrderFailure, _ end: OrderState, _ recorded: OrderFailure) {
    #expect(
      OrderTransitions.decide(.cancelling, on: .delegationFailed(reason), withdrawal: withdrawal)
        == .move(end, [.recordFailure(recorded), .releaseHold]))
  }
}
