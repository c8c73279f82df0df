import CCurl

/// One request on its way through libcurl: the handle, what it sends and what it has received so far.
/// Made, used and freed on the engine's thread only.
final class HTTPTransfer {
  typealias Completion = CheckedContinuation<HTTPResponse, any Error>

  /// Response headers of more than this are refused.
  static let headerBytesMax = 64 * 1024

  let handle: UnsafeMutableRawPointer
  private let origin: HTTPOrigin
  private let body: [UInt8]
  private let bodyLimit: Int
  private var bodySent = 0
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var headers: [(name: String, value: String)] = []
  private var headerBytes = 0
  private var received: [UInt8] = []
  private var overflowed = false
  private var completion: Completion?

  init(_ request: HTTPRequest, origin: HTTPOrigin, userAgent: String, completion: Completion) throws(HTTPError) {
    guard let handle = curl_easy_init() else {
      throw HTTPError(.connection, "libcurl has no memory for another request")
    }
    self.handle = handle
    self.origin = origin
    self.body = request.body ?? []
    self.bodyLimit = request.bodyLimit
    self.completion = nil
    let code = configure(request, userAgent: userAgent)
    guard code == CURLE_OK else {
      throw HTTPError(
        code == CURLE_URL_MALFORMAT ? .invalidURL : .invalidRequest,
        "libcurl refused the request to \(origin): \(String(cString: curl_easy_strerror(code)))")
    }
    self.completion = completion
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(headerList)
  }

  // MARK: Setting up

  private func configure(_ request: HTTPRequest, userAgent: String) -> CURLcode {
    let context = Unmanaged.passUnretained(self).toOpaque()
    let components = request.timeout.components
    let milliseconds = components.seconds.multipliedReportingOverflow(by: 1000)
    let timeout = milliseconds.overflow
      ? Int.max / 2 : Int(milliseconds.partialValue) + Int(components.attoseconds / 1_000_000_000_000_000)
    var steps: [CURLcode] = [
      energy_curl_set_string(handle, CURLOPT_URL, request.url),
      energy_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
      energy_curl_set_string(handle, CURLOPT_PROXY, ""),
      energy_curl_set_string(handle, CURLOPT_USERAGENT, userAgent),
      energy_curl_set_string(handle, CURLOPT_ACCEPT_ENCODING, "gzip"),
      energy_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
      energy_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
      energy_curl_set_long(handle, CURLOPT_TCP_NODELAY, 1),
      energy_curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
      energy_curl_set_long(handle, CURLOPT_TIMEOUT_MS, max(1, timeout)),
      energy_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, max(1, timeout)),
      // Servers close idle connections after 30 s and more; a younger one is rarely closed under our hands.
      energy_curl_set_long(handle, CURLOPT_MAXAGE_CONN, 20),
      energy_curl_set_pointer(handle, CURLOPT_WRITEDATA, context),
      energy_curl_set_callback(handle, CURLOPT_WRITEFUNCTION) { data, size, count, context in
        HTTPTransfer.from(context).receive(data, size * count)
      },
      energy_curl_set_pointer(handle, CURLOPT_HEADERDATA, context),
      energy_curl_set_callback(handle, CURLOPT_HEADERFUNCTION) { data, size, count, context in
        HTTPTransfer.from(context).receiveHeader(data, size * count)
      },
    ]
    steps += configureMethod(request, context)
    steps.append(configureHeaders(request))
    return steps.first { $0 != CURLE_OK } ?? CURLE_OK
  }

  private func configureMethod(_ request: HTTPRequest, _ context: UnsafeMutableRawPointer) -> [CURLcode] {
    if request.body == nil, request.method == "GET" { return [] }
    if request.body == nil, request.method == "HEAD" { return [energy_curl_set_long(handle, CURLOPT_NOBODY, 1)] }
    // The body is handed over by a callback that cannot rewind. libcurl repeats a request by itself when a kept
    // connection closes without an answer; with no way back to the first byte it cannot, and reports the failure.
    return [
      energy_curl_set_long(handle, CURLOPT_POST, 1),
      energy_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method),
      energy_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count),
      energy_curl_set_pointer(handle, CURLOPT_READDATA, context),
      energy_curl_set_callback(handle, CURLOPT_READFUNCTION) { data, size, count, context in
        HTTPTransfer.from(context).supply(data, size * count)
      },
    ]
  }

  private func configureHeaders(_ request: HTTPRequest) -> CURLcode {
    let names = Set(request.headers.map { $0.0.lowercased() })
    // "Name:" keeps libcurl from adding its own; "Name;" sends one without a value.
    var lines = ["Expect:"]
    if !names.contains("content-type") { lines.append("Content-Type:") }
    lines += request.headers.map { $0.1.isEmpty ? "\($0.0);" : "\($0.0): \($0.1)" }
    for line in lines {
      guard let longer = curl_slist_append(headerList, line) else { return CURLE_OUT_OF_MEMORY }
      headerList = longer
    }
    return energy_curl_set_list(handle, CURLOPT_HTTPHEADER, headerList)
  }

  // MARK: Called by libcurl

  private static func from(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer {
    // The engine keeps a transfer until its handle has left the multi handle, so the pointer is alive here.
    Unmanaged<HTTPTransfer>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
  }

  private func supply(_ data: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
    let count = min(room, body.count - bodySent)
    guard let data, count > 0 else { return 0 }
    body.withUnsafeBytes { bytes in
      UnsafeMutableRawPointer(data).copyMemory(from: bytes.baseAddress.unsafelyUnwrapped + bodySent, byteCount: count)
    }
    bodySent += count
    return count
  }

  private func receive(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard let data else { return 0 }
    guard count <= bodyLimit - received.count else {
      overflowed = true
      return 0  // less than count: libcurl ends the transfer
    }
    received.append(contentsOf: UnsafeRawBufferPointer(start: data, count: count))
    return count
  }

  private func receiveHeader(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard let data else { return 0 }
    headerBytes += count
    guard headerBytes <= Self.headerBytesMax else {
      overflowed = true
      return 0
    }
    let bytes = UnsafeRawBufferPointer(start: data, count: count)
    if bytes.starts(with: "HTTP/".utf8) {
      headers.removeAll()  // a further response after an interim one (1xx)
    } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
      headers.append((Self.trimmed(bytes[..<colon]), Self.trimmed(bytes[(colon + 1)...])))
    }
    return count
  }

  private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    let end = bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? bytes.startIndex
    return String(decoding: bytes[..<end].drop { $0 <= 0x20 }, as: UTF8.self)
  }

  // MARK: Ending

  /// Answers the caller with what libcurl reports at the end of the transfer.
  func finish(_ code: CURLcode) {
    guard code == CURLE_OK else {
      return fail(failure(code))
    }
    var status = 0
    energy_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
    completion?.resume(returning: HTTPResponse(status: status, headers: headers, body: received))
    completion = nil
  }

  func fail(_ error: HTTPError) {
    completion?.resume(throwing: error)
    completion = nil
  }

  /// Whether a byte of the request has left, as far as libcurl knows.
  var mayHaveBeenSent: Bool {
    var size = 0
    energy_curl_get_long(handle, CURLINFO_REQUEST_SIZE, &size)
    return size > 0
  }

  private func failure(_ code: CURLcode) -> HTTPError {
    let sent = mayHaveBeenSent
    let reason = String(cString: curl_easy_strerror(code))
    if overflowed {
      return HTTPError(
        .bodyTooLarge, "\(origin) answered with more than \(bodyLimit) bytes (headers: \(Self.headerBytesMax))",
        mayHaveBeenSent: true)
    }
    switch code {
    case CURLE_OPERATION_TIMEDOUT:
      return HTTPError(.timeout, "\(origin) did not answer in time", mayHaveBeenSent: sent)
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
      return HTTPError(.invalidURL, "\(origin): \(reason)")
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return HTTPError(.tls, "\(origin): \(reason)", mayHaveBeenSent: sent)
    default:
      return HTTPError(.connection, "\(origin): \(reason)", mayHaveBeenSent: sent)
    }
  }
}
