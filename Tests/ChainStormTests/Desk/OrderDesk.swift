import BusKit
import Contracts
import Crypto
import Foundation
import Synchronization
import TestKit

/// Stands where order-svc would: places orders, hears the news, asks for the end of each rental, and asks again when
/// nobody answers.
final class OrderDesk: Sendable {
  private struct State {
    var cases: [OrderID: OrderCase] = [:]
    /// Events of orders that were never placed here.
    var strangers: [String] = []
    /// Events that said something else than an earlier one with the same number.
    var contradictions: [String] = []
    var said: Set<String> = []
    var repeats = Repeats()
    /// Set while the desk is at work.
    var bus: BusClient?
  }

  /// What came, or was sent, more than once and had to change nothing.
  struct Repeats: Sendable {
    var commands = 0
    var events = 0
  }

  private let world: ChainWorld
  private let key: SymmetricKey
  private let state = Mutex(State())

  init(_ world: ChainWorld) {
    self.world = world
    key = world.orderKey
  }

  var records: [OrderRecord] { state.withLock { state in state.cases.values.map(\.record) } }
  var placed: Int { state.withLock { $0.cases.count } }
  /// Orders that are under way; not those that only wait for a distant end.
  var open: Int {
    state.withLock { state in state.cases.values.count { !$0.record.isTerminal && !$0.isLasting } }
  }
  var lasting: Int { state.withLock { state in state.cases.values.count { $0.isLasting } } }
  var repeats: Repeats { state.withLock { $0.repeats } }
  var contradictions: [String] { state.withLock { $0.contradictions } }
  var strangers: [String] { state.withLock { $0.strangers } }

  func record(_ order: OrderID) -> OrderRecord? { state.withLock { $0.cases[order]?.record } }

  /// Works while `body` runs.
  func atWork<T: Sendable>(_ body: @escaping @Sendable (OrderDesk) async throws -> T) async throws -> T {
    try await world.withBus { bus in
      self.state.withLock { $0.bus = bus }
      return try await withThrowingTaskGroup(of: T?.self) { group in
        group.addTask {
          try await bus.run(self.consumer())
          return nil
        }
        group.addTask {
          try await self.asking(bus)
          return nil
        }
        group.addTask { try await body(self) }
        defer { group.cancelAll() }
        while let ended = try await group.next() {
          if let value = ended { return value }
        }
        throw WorldError("the desk ended before its work")
      }
    }
  }

  /// Stored on the bus when this returns.
  func place(_ requests: [OrderRequest]) async throws {
    let key = key
    let (bus, commands) = state.withLock { state in
      let commands = requests.flatMap { request in
        let order = OrderCase(request, now: Date())
        state.cases[request.order] = order
        return order.first(key)
      }
      return (state.bus, commands)
    }
    guard let bus else { throw WorldError("the desk is not at work") }
    try await send(commands, bus)
  }

  /// Asked for within a moment.
  func withdraw(_ order: OrderID) { state.withLock { $0.cases[order]?.withdraw() } }

  // MARK: - Hearing

  private func consumer() -> Consumer {
    var options = ConsumerOptions()
    options.lease = .seconds(5)
    options.sweep = .milliseconds(500)
    var consumer = Consumer(group: ServiceName.order, options: options)
    consumer.handle(DelegationSubmitted.self) { event, _ in self.note(event.order, event.seq, .submitted) }
    consumer.handle(DelegationConfirmed.self) { event, _ in
      let startedAtMs = Int64((event.startedAt.timeIntervalSince1970 * 1000).rounded())
      self.note(event.order, event.seq, .confirmed(startedAtMs: startedAtMs))
    }
    consumer.handle(DelegationReverted.self) { event, _ in self.note(event.order, event.seq, .reverted) }
    consumer.handle(DelegationFinal.self) { event, _ in
      self.note(event.order, event.seq, .final(energy: event.delivered.value))
    }
    consumer.handle(DelegationFailed.self) { event, _ in self.note(event.order, event.seq, .failed(event.reason)) }
    consumer.handle(DelegationReclaimed.self) { event, _ in
      self.note(event.order, event.seq, .reclaimed(txIDs: event.txIDs.map(\.hex)))
    }
    let heard = [
      DelegationSubmitted.messageType, DelegationConfirmed.messageType, DelegationReverted.messageType,
      DelegationFinal.messageType, DelegationFailed.messageType, DelegationReclaimed.messageType,
    ]
    for type in MessageCatalog.energy.messages where type.topic == .txEvents && !heard.contains(type.messageType) {
      Self.ignore(type, by: &consumer)
    }
    return consumer
  }

  private static func ignore<M: Message>(_ type: M.Type, by consumer: inout Consumer) { consumer.ignore(type) }

  private func note(_ order: OrderID, _ seq: Int64, _ news: OrderRecord.News) {
    state.withLock { state in
      guard state.cases[order] != nil else { return state.strangers.append("\(order): \(news)") }
      guard let earlier = state.cases[order]?.note(news, seq: seq, now: Date()) else { return }
      state.repeats.events += 1
      if earlier != news { state.contradictions.append("\(order) \(seq): \(earlier), then \(news)") }
    }
  }

  // MARK: - Asking

  private func asking(_ bus: BusClient) async throws {
    let key = key
    while !Task.isCancelled {
      let now = Date()
      let commands = state.withLock { state in
        state.cases.keys.compactMap { state.cases[$0]?.next(now, key) }
      }
      try await send(commands, bus)
      do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
    }
  }

  /// Until the bus has it: connections are cut. What was stored before an error is stored twice then, which is
  /// harmless.
  private func send(_ steps: [OrderCase.Step], _ bus: BusClient) async throws {
    for step in steps {
      state.withLock { state in
        let isNew = state.said.insert("\(step.demand) \(step.order)").inserted
        if !isNew { state.repeats.commands += 1 }
      }
      try await eventually(within: .seconds(30), "the bus stores a command") {
        do {
          switch step {
          case .delegate(let message): try await bus.publish(message)
          case .withdraw(let message): try await bus.publish(message)
          case .reclaim(let message): try await bus.publish(message)
          }
          return true
        } catch is PublishFailure {
          return false
        }
      }
    }
  }
}
