/// An HTTP/1.1 client over libcurl. One thread serves all requests of a client; connections are kept and shared.
///
/// Guaranteed: certificates are verified, only http and https are spoken, no redirect is followed, no proxy is taken
/// from the environment, every request ends by its timeout, and cancelling the task ends the transfer.
public final class HTTPClient: Sendable {
  private let engine: HTTPEngine

  /// - Parameters:
  ///   - maximumConnections: open at the same time; further requests wait for one, within their timeouts.
  ///   - userAgent: sent with every request.
  ///   - maximumRequests: running and waiting; beyond it `send` throws `overloaded` at once.
  public init(
    maximumConnections: Int = 64, userAgent: String = "tron-energy-assistant", maximumRequests: Int = 4096
  ) {
    engine = HTTPEngine(
      maximumConnections: max(1, maximumConnections), requestsMax: max(1, maximumRequests), userAgent: userAgent)
  }

  deinit { engine.beginClosing() }

  /// Sends a request and waits for the whole response.
  /// - Throws: `HTTPError`; its `mayHaveBeenSent` tells whether the server may have acted on the request.
  public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let origin = try HTTPOrigin(ofURL: request.url)
    try Self.check(request)
    let id = engine.nextID()
    defer { engine.forget(id) }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { engine.submit(id, request, origin, $0) }
    } onCancel: {
      engine.cancel(id)
    }
  }

  /// Ends all transfers with `cancelled` and waits until the thread has gone. May be called twice.
  public func close() async {
    await engine.close()
  }

  /// A line break in a header would let its value forge further headers.
  private static func check(_ request: HTTPRequest) throws(HTTPError) {
    guard !request.method.isEmpty, request.method.utf8.allSatisfy(isTokenByte) else {
      throw HTTPError(.invalidRequest, "the method \(request.method.debugDescription) is not an HTTP token")
    }
    for (name, value) in request.headers {
      guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
        throw HTTPError(.invalidRequest, "the header name \(name.debugDescription) is not an HTTP token")
      }
      guard value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 }) else {
        throw HTTPError(.invalidRequest, "the header \(name) has a control character in its value")
      }
    }
    guard request.bodyLimit >= 0, request.timeout > .zero else {
      throw HTTPError(.invalidRequest, "bodyLimit must not be negative and timeout must be above zero")
    }
  }

  /// RFC 9110 §5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
