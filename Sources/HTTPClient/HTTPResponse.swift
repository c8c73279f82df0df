/// A complete response: any status counts as one, also 404 and 500. Redirects are not followed.
public struct HTTPResponse: Sendable {
  public let status: Int
  /// In the order received; names as the server wrote them.
  public let headers: [(name: String, value: String)]
  /// Decompressed where the server compressed it.
  public let body: [UInt8]

  public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first value of a header; upper and lower case are the same.
  public func header(_ name: String) -> String? {
    let wanted = name.lowercased()
    return headers.first { $0.name.lowercased() == wanted }?.value
  }

  /// The body as UTF-8, invalid bytes replaced.
  public var text: String { String(decoding: body, as: UTF8.self) }
}
