import CQrencode

/// A QR code: libqrencode behind a Swift face.
public enum QRCode {}
