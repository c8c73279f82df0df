/// One HTTP request. Nothing in it is logged or repeated in an error: paths and headers may carry tokens.
public struct HTTPRequest: Sendable {
  /// The method, in capitals.
  public var method: String
  /// An absolute `http` or `https` URL, already percent-encoded, without user name or password.
  public var url: String
  /// Sent in this order, as they are.
  public var headers: [(String, String)]
  /// Nil sends no body. A request with a body is sent at most once; one without may be repeated by libcurl when a
  /// kept connection turns out to be closed.
  public var body: [UInt8]?
  /// For the whole exchange, the wait for a free connection included.
  public var timeout: Duration
  /// The largest response body that is accepted, in bytes after decompression.
  public var bodyLimit: Int

  public init(
    method: String = "GET", url: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
    timeout: Duration = .seconds(10), bodyLimit: Int = 8 * 1024 * 1024
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.bodyLimit = bodyLimit
  }
}
