import CZlib

/// Writes PNG (ISO/IEC 15948) with 8 bits of grey per pixel: signature, IHDR, one IDAT, IEND.
enum PNG {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// - Parameters:
  ///   - pixels: row by row, a byte each, 0 black. A whole number of rows.
  ///   - width: pixels in a row.
  static func grey(_ pixels: [UInt8], width: Int) throws(QRCodeError) -> [UInt8] {
    let height = pixels.count / width
    var rows: [UInt8] = []
    rows.reserveCapacity(pixels.count + height)
    for row in 0..<height {
      // Filter type 0: the bytes as they are.
      rows.append(0)
      rows += pixels[row * width..<(row + 1) * width]
    }
    // Bit depth 8, colour type 0 (grey), deflate, filters per row, not interlaced.
    let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 0, 0, 0, 0]
    return signature + chunk("IHDR", header) + chunk("IDAT", try compressed(rows)) + chunk("IEND", [])
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let checked = Array(type.utf8) + data
    let checksum = UInt32(truncatingIfNeeded: crc32(0, checked, UInt32(checked.count)))
    return bigEndian(UInt32(data.count)) + checked + bigEndian(checksum)
  }

  private static func compressed(_ bytes: [UInt8]) throws(QRCodeError) -> [UInt8] {
    var length = compressBound(UInt(bytes.count))
    var output = [UInt8](repeating: 0, count: Int(length))
    let result = compress2(&output, &length, bytes, UInt(bytes.count), Z_BEST_COMPRESSION)
    guard result == Z_OK else { throw .notCompressed(result) }
    return Array(output.prefix(Int(length)))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
