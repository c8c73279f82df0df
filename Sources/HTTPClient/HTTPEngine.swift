import CCurl
import Foundation
import Synchronization

/// libcurl's multi handle on a thread of its own. Other threads only leave orders in `state` and wake it up.
///
/// Contract: every submitted request is answered exactly once; after `close` all are, and the thread is gone.
final class HTTPEngine: Sendable {
  typealias ID = UInt64

  private enum Order {
    case start(ID, HTTPRequest, HTTPOrigin, HTTPTransfer.Completion)
    case cancel(ID)
  }

  private struct State {
    var orders: [Order] = []
    /// Requests accepted and not yet answered.
    var open: Set<ID> = []
    /// Cancelled before they were submitted.
    var cancelledEarly: Set<ID> = []
    var isClosing = false
    var hasEnded = false
    var onEnd: [CheckedContinuation<Void, Never>] = []
  }

  /// Safe because the pointer is constant, the handle is used on the engine's thread only, and the one call from
  /// others, `curl_multi_wakeup`, is documented as thread-safe and made under the lock while the handle lives.
  private struct MultiHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
  }

  private let multi: MultiHandle?
  private let userAgent: String
  private let requestsMax: Int
  private let state = Mutex(State())
  private let counter = Atomic<UInt64>(1)

  /// libcurl asks for this once per process, before anything else.
  private static let isInitialised = energy_curl_global_init() == CURLE_OK

  init(maximumConnections: Int, requestsMax: Int, userAgent: String) {
    self.userAgent = userAgent
    self.requestsMax = requestsMax
    multi = Self.isInitialised ? curl_multi_init().map { MultiHandle(pointer: $0) } : nil
    guard let multi else {
      state.withLock { $0.hasEnded = true }
      return
    }
    energy_curl_multi_set_long(multi.pointer, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
    energy_curl_multi_set_long(multi.pointer, CURLMOPT_MAXCONNECTS, maximumConnections)
    let thread = Thread { [self] in run(multi.pointer) }
    thread.name = "http"
    thread.start()
  }

  // MARK: From any thread

  func nextID() -> ID { counter.wrappingAdd(1, ordering: .relaxed).newValue }

  func submit(_ id: ID, _ request: HTTPRequest, _ origin: HTTPOrigin, _ completion: HTTPTransfer.Completion) {
    let refusal: HTTPError? = state.withLock { state in
      if state.cancelledEarly.remove(id) != nil {
        return HTTPError(.cancelled, "the request to \(origin) was cancelled")
      }
      if state.isClosing || state.hasEnded { return HTTPError(.cancelled, "the HTTP client is closed") }
      if state.open.count >= requestsMax {
        return HTTPError(.overloaded, "\(requestsMax) requests are waiting already; try again when some are answered")
      }
      state.open.insert(id)
      state.orders.append(.start(id, request, origin, completion))
      wakeUp()
      return nil
    }
    if let refusal { completion.resume(throwing: refusal) }
  }

  func cancel(_ id: ID) {
    state.withLock { state in
      if state.open.contains(id) {
        state.orders.append(.cancel(id))
        wakeUp()
      } else {
        state.cancelledEarly.insert(id)
      }
    }
  }

  /// To be called when the caller of a request is gone, so that a late cancellation leaves nothing behind.
  func forget(_ id: ID) {
    state.withLock { _ = $0.cancelledEarly.remove(id) }
  }

  func beginClosing() {
    state.withLock { state in
      guard !state.hasEnded else { return }
      state.isClosing = true
      wakeUp()
    }
  }

  func close() async {
    beginClosing()
    await withCheckedContinuation { continuation in
      let ended = state.withLock { state in
        if !state.hasEnded { state.onEnd.append(continuation) }
        return state.hasEnded
      }
      if ended { continuation.resume() }
    }
  }

  /// Only under the lock and before `hasEnded`: the handle is freed after that.
  private func wakeUp() {
    if let multi { curl_multi_wakeup(multi.pointer) }
  }

  // MARK: On the engine's thread

  private func run(_ multi: UnsafeMutableRawPointer) {
    var transfers: [ID: HTTPTransfer] = [:]
    var ids: [UnsafeMutableRawPointer: ID] = [:]
    var running: Int32 = 0
    var closing = false
    while !closing {
      let (orders, isClosing) = state.withLock { state in
        defer { state.orders.removeAll() }
        return (state.orders, state.isClosing)
      }
      closing = isClosing
      for order in orders {
        carryOut(order, multi, &transfers, &ids)
      }
      if closing { break }
      curl_multi_perform(multi, &running)
      collect(multi, &transfers, &ids)
      // Woken by sockets, timers of transfers and orders; the second is only an upper bound.
      curl_multi_poll(multi, nil, 0, 1000, nil)
    }
    for (id, transfer) in transfers {
      curl_multi_remove_handle(multi, transfer.handle)
      conclude(id)
      transfer.fail(HTTPError(.cancelled, "the HTTP client was closed", mayHaveBeenSent: transfer.mayHaveBeenSent))
    }
    transfers.removeAll()
    let waiting = state.withLock { state in
      state.hasEnded = true
      defer { state.onEnd.removeAll() }
      return state.onEnd
    }
    curl_multi_cleanup(multi)
    for continuation in waiting { continuation.resume() }
  }

  private func carryOut(
    _ order: Order, _ multi: UnsafeMutableRawPointer, _ transfers: inout [ID: HTTPTransfer],
    _ ids: inout [UnsafeMutableRawPointer: ID]
  ) {
    switch order {
    case .start(let id, let request, let origin, let completion):
      do throws(HTTPError) {
        let transfer = try HTTPTransfer(request, origin: origin, userAgent: userAgent, completion: completion)
        guard curl_multi_add_handle(multi, transfer.handle) == CURLM_OK else {
          conclude(id)
          return transfer.fail(HTTPError(.connection, "libcurl took no further request to \(origin)"))
        }
        transfers[id] = transfer
        ids[transfer.handle] = id
      } catch {
        conclude(id)
        completion.resume(throwing: error)
      }
    case .cancel(let id):
      guard let transfer = transfers.removeValue(forKey: id) else { return }
      ids.removeValue(forKey: transfer.handle)
      curl_multi_remove_handle(multi, transfer.handle)
      conclude(id)
      transfer.fail(HTTPError(.cancelled, "the request was cancelled", mayHaveBeenSent: transfer.mayHaveBeenSent))
    }
  }

  private func collect(
    _ multi: UnsafeMutableRawPointer, _ transfers: inout [ID: HTTPTransfer], _ ids: inout [UnsafeMutableRawPointer: ID]
  ) {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
      let code = message.pointee.data.result
      curl_multi_remove_handle(multi, handle)
      guard let id = ids.removeValue(forKey: handle), let transfer = transfers.removeValue(forKey: id) else { continue }
      conclude(id)
      transfer.finish(code)
    }
  }

  private func conclude(_ id: ID) {
    state.withLock { _ = $0.open.remove(id) }
  }
}
