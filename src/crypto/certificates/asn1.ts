// The classes by which names and extensions of X.509 are read and written. A file of their own, which is loaded when
// first needed: a package in CommonJS gives the built program its names only where they are imported one by one.
export { AsnConvert } from '@peculiar/asn1-schema';
export {
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  ExtendedKeyUsage,
  GeneralName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';
